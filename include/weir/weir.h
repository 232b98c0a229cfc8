/* Everything of weir, one header a concept. Read them in this order. */
#ifndef WEIR_WEIR_H
#define WEIR_WEIR_H

#include <weir/status.h>
#include <weir/types.h>
#include <weir/model.h>
#include <weir/record.h>
#include <weir/query.h>
#include <weir/log.h>
#include <weir/trace.h>
#include <weir/session.h>
#include <weir/scope.h>
#include <weir/transaction.h>
#include <weir/base_dao.h>
#include <weir/reading.h>
#include <weir/futures.h>
#include <weir/writing.h>
#include <weir/sql.h>
#include <weir/cache_manager.h>
#include <weir/near_cache.h>
#include <weir/invalidation.h>
#include <weir/relation.h>
#include <weir/relay.h>
#include <weir/json.h>

#endif
